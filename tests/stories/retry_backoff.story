# IntervalSeconds 3 and BackoffRate 1.5: 3, then 4.5, then 6.75 seconds, each counted from the failure
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
  "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3, "BackoffRate": 1.5, "MaxAttempts": 3}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[ 1000] > advance 1000
[ 1000] > fail 0 1 Busy
5<-4 LambdaFunctionFailed
[ 4000] > advance 4000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 5000] > crash 5000
<redeliver 0 2>
[ 5000] > fail 0 2 Busy
8<-7 LambdaFunctionFailed
[ 9499] > crash 9499
[ 9500] > advance 9500
9<-8 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 0 3>
[ 9500] > fail 0 3 Busy
11<-10 LambdaFunctionFailed
[60000] > crash 60000
12<-11 LambdaFunctionScheduled
13<-12 LambdaFunctionStarted
<dispatch 0 4>
[60000] > succeed 0 4 "at last"
14<-13 LambdaFunctionSucceeded
15<-14 TaskStateExited
16<-15 ExecutionSucceeded
<finish>
= SUCCEEDED "at last"
