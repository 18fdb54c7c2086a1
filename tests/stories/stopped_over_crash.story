# StopExecution holds over a crash: nothing is delivered again, no timer comes
--- definition
{"StartAt": "Both", "States": {
  "Both": {"Type": "Parallel", "Branches": [
    {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 100, "End": true}}}], "End": true}}}
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
[ 1000] > crash 1000
<redeliver 1 1>
[ 1000] > stop Operator not today
8<-0 ExecutionAborted
<cancel 1 1>
<finish>
[1000000] > crash 1000000
[1000000] > succeed 1 1 "too late"
! the task the token belongs to is over
= ABORTED Operator: not today
