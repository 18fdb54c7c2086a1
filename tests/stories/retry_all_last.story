# States.ALL stands alone and last: it takes what no retrier before it names, and counts by itself
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [
  {"ErrorEquals": ["Busy"], "IntervalSeconds": 10, "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > fail 0 1 Something else
5<-4 LambdaFunctionFailed
[ 1000] > advance 1000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 1000] > fail 0 2 Busy
8<-7 LambdaFunctionFailed
[ 1000] > crash
[11000] > advance 11000
9<-8 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 0 3>
[11000] > fail 0 3 Another
11<-10 LambdaFunctionFailed
12<-11 ExecutionFailed
<finish>
= FAILED Another
