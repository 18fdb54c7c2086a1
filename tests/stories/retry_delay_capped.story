# MaxDelaySeconds 5: 4 seconds, then 5 where it would be 8, then 5; no jitter with NONE
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
  "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 4, "MaxDelaySeconds": 5, "JitterStrategy": "NONE"}], "End": true}}}
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
[ 4000] > advance 4000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 4000] > fail 0 2 Busy
8<-7 LambdaFunctionFailed
[ 8999] > crash 8999
[ 9000] > advance 9000
9<-8 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 0 3>
[ 9000] > fail 0 3 Busy
11<-10 LambdaFunctionFailed
[14000] > advance 14000
12<-11 LambdaFunctionScheduled
13<-12 LambdaFunctionStarted
<dispatch 0 4>
[14000] > succeed 0 4 1
14<-13 LambdaFunctionSucceeded
15<-14 TaskStateExited
16<-15 ExecutionSucceeded
<finish>
= SUCCEEDED 1
