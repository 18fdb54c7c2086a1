# TimeoutSeconds of the machine counts from the start of the execution, and ends what is in flight
--- definition
{"StartAt": "Both", "TimeoutSeconds": 30, "States": {
  "Both": {"Type": "Parallel", "Branches": [
    {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 100, "End": true}}}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "Next": "Caught"},
  "Caught": {"Type": "Succeed"}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ParallelStateEntered
3<-2 ParallelStateStarted
4<-3 TaskStateEntered
5<-3 WaitStateEntered
6<-4 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 1 1>
[29999] > crash 29999
<redeliver 1 1>
[30000] > advance 30000
8<-0 ExecutionTimedOut
<cancel 1 1>
<finish>
[30000] > succeed 1 1 "too late"
! the task the token belongs to is over
= TIMED_OUT
