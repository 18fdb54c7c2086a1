# the first retrier that names the error decides: when it is used up, a later one that would fit too is not asked
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [
  {"ErrorEquals": ["Busy"], "MaxAttempts": 1}, {"ErrorEquals": ["Busy", "Slow"], "MaxAttempts": 5}, {"ErrorEquals": ["States.ALL"]}], "End": true}}}
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
[ 1000] > advance 1000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 1000] > fail 0 2 Busy again
8<-7 LambdaFunctionFailed
9<-8 ExecutionFailed
<finish>
= FAILED Busy: again
