# each retrier has a count of its own, which a crash does not touch; State.RetryCount counts all of them
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Parameters": {"retry.$": "$$.State.RetryCount"}, "Retry": [
  {"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 2}, {"ErrorEquals": ["Slow"], "IntervalSeconds": 10, "MaxAttempts": 1}], "End": true}}}
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
[ 1000] > advance 1000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 1000] > crash
<redeliver 0 2>
[ 1000] > fail 0 2 Slow
8<-7 LambdaFunctionFailed
[ 1000] > crash
[11000] > advance 11000
9<-8 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 0 3>
[11000] > fail 0 3 Busy
11<-10 LambdaFunctionFailed
[11000] > crash
[13000] > advance 13000
12<-11 LambdaFunctionScheduled
13<-12 LambdaFunctionStarted
<dispatch 0 4>
[13000] > fail 0 4 Slow
14<-13 LambdaFunctionFailed
15<-14 ExecutionFailed
<finish>
= FAILED Slow
