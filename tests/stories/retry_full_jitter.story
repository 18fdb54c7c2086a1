# times are not told
# JitterStrategy FULL: somewhere between at once and the delay, which MaxDelaySeconds caps first: never later than after
# 2 seconds, where 1,000 would be next; the moment is drawn once, not anew after a crash
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
  "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1000, "MaxDelaySeconds": 2, "JitterStrategy": "FULL"}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > fail 0 1 Busy
5<-4 LambdaFunctionFailed
[    0] > crash
[ 2000] > advance 2000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 2000] > fail 0 2 Busy
8<-7 LambdaFunctionFailed
[ 4000] > advance 4000
9<-8 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 0 3>
[ 4000] > succeed 0 3 1
11<-10 LambdaFunctionSucceeded
12<-11 TaskStateExited
13<-12 ExecutionSucceeded
<finish>
= SUCCEEDED 1
