# an iteration that fails ends the Map and the iterations that run; a tolerated count is for distributed Maps alone
--- definition
{"StartAt": "Each", "States": {
  "Each": {"Type": "Map", "MaxConcurrency": 2, "ToleratedFailureCount": 1, "ItemProcessor": {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    "Catch": [{"ErrorEquals": ["Broken"], "Next": "Undo"}], "End": true},
  "Undo": {"Type": "Pass", "End": true}}}
--- input
["a", "b", "c"]
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 MapStateEntered
3<-2 MapStateStarted
4<-3 MapIterationStarted
5<-3 MapIterationStarted
6<-4 TaskStateEntered
7<-5 TaskStateEntered
8<-6 LambdaFunctionScheduled
9<-8 LambdaFunctionStarted
10<-7 LambdaFunctionScheduled
11<-10 LambdaFunctionStarted
<dispatch 1 1>
<dispatch 2 1>
[    0] > crash
<redeliver 1 1>
<redeliver 2 1>
[    0] > fail 2 1 Broken it is
12<-11 LambdaFunctionFailed
13<-12 TaskStateAborted
14<-12 MapIterationAborted
15<-12 TaskStateAborted
16<-12 MapIterationFailed
17<-12 MapStateFailed
18<-17 MapStateExited
19<-18 PassStateEntered
20<-19 PassStateExited
21<-20 ExecutionSucceeded
<cancel 1 1>
<finish>
[    0] > succeed 1 1 "too late"
! the task the token belongs to is over
= SUCCEEDED {"Error":"Broken","Cause":"it is"}
