# an activity task waits in its queue without a clock; its time counts from when a worker took it
--- definition
{"StartAt": "Work", "States": {
  "Work": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "TimeoutSeconds": 30, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 ActivityScheduled
<queue 0 1>
[100000] > advance 100000
[100000] > started 0 1 worker
4<-3 ActivityStarted
[129999] > advance 129999
[130000] > advance 130000
5<-4 ActivityTimedOut
6<-5 ExecutionFailed
<finish>
= FAILED States.Timeout
