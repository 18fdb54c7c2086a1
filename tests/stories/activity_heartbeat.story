# HeartbeatSeconds of an activity's task, from the moment a worker took it, over a crash
--- definition
{"StartAt": "Work", "States": {
  "Work": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:inspect", "HeartbeatSeconds": 10, "Retry": [{"ErrorEquals": ["States.HeartbeatTimeout"], "MaxAttempts": 1}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 ActivityScheduled
<queue 0 1>
[50000] > advance 50000
[50000] > started 0 1 one
4<-3 ActivityStarted
[59999] > crash 59999
[59999] > heartbeat 0 1
[69999] > advance 69999
5<-4 ActivityTimedOut
[71000] > crash 71000
6<-5 ActivityScheduled
<queue 0 2>
[71000] > started 0 2 two
7<-6 ActivityStarted
[71000] > succeed 0 2 "done"
8<-7 ActivitySucceeded
9<-8 TaskStateExited
10<-9 ExecutionSucceeded
<finish>
= SUCCEEDED "done"
