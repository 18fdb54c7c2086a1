# iterations wait for retries of their own, with counts of their own, while others go on; over crashes
--- definition
{"StartAt": "Each", "States": {
  "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Call", "States": {
    "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1, "IntervalSeconds": 5}],
      "Catch": [{"ErrorEquals": ["Busy"], "ResultPath": "$.error", "Next": "Give up"}], "End": true},
    "Give up": {"Type": "Wait", "Seconds": 10, "End": true}}}, "End": true}}}
--- input
[{"n": 1}, {"n": 2}]
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
[    0] > fail 1 1 Busy
12<-9 LambdaFunctionFailed
[ 3000] > advance 3000
[ 3000] > fail 2 1 Busy
13<-11 LambdaFunctionFailed
[ 5000] > crash 5000
14<-12 LambdaFunctionScheduled
15<-14 LambdaFunctionStarted
<dispatch 1 2>
[ 5000] > fail 1 2 Busy
16<-15 LambdaFunctionFailed
17<-16 TaskStateExited
18<-17 WaitStateEntered
[ 8000] > crash 8000
19<-13 LambdaFunctionScheduled
20<-19 LambdaFunctionStarted
<dispatch 2 2>
[ 8000] > succeed 2 2 "two"
21<-20 LambdaFunctionSucceeded
22<-21 TaskStateExited
23<-22 MapIterationSucceeded
[14999] > crash 14999
[15000] > advance 15000
24<-18 WaitStateExited
25<-24 MapIterationSucceeded
26<-25 MapStateSucceeded
27<-25 MapStateExited
28<-27 ExecutionSucceeded
<finish>
= SUCCEEDED [{"n":1,"error":{"Error":"Busy","Cause":""}},"two"]
