# a task that waits for a worker has no clock, and joins the queue again after a crash; once a worker has it, its token
# is waited for and its time counts, through a crash
--- definition
{"StartAt": "Work", "States": {
  "Work": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:inspect", "TimeoutSeconds": 30, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 ActivityScheduled
<queue 0 1>
[1000000] > crash 1000000
<queue 0 1>
[2000000] > advance 2000000
[2000000] > started 0 1 worker
4<-3 ActivityStarted
[2029999] > crash 2029999
[2030000] > advance 2030000
5<-4 ActivityTimedOut
6<-5 ExecutionFailed
<finish>
[2030000] > succeed 0 1 "too late"
! the task the token belongs to is over
= FAILED States.Timeout
