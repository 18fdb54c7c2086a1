# what is to limit the time in the queue is the machine's TimeoutSeconds; nobody is given the task any more then
--- definition
{"StartAt": "Work", "TimeoutSeconds": 60, "States": {
  "Work": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:inspect", "TimeoutSeconds": 30, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 ActivityScheduled
<queue 0 1>
[59999] > crash 59999
<queue 0 1>
[60000] > advance 60000
4<-0 ExecutionTimedOut
<finish>
[60000] > started 0 1 worker
! the task the token belongs to is over
= TIMED_OUT
