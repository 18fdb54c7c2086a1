# an execution that was stopped while it waited for a retry goes on with the attempt, at once, after a redrive
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 100, "MaxAttempts": 1}], "End": true}}}
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
[ 1000] > crash 1000
[ 1000] > stop
6<-0 ExecutionAborted
<finish>
[ 2000] > crash 2000
[ 2000] > redrive
7<-6 ExecutionRedriven
8<-7 LambdaFunctionScheduled
9<-8 LambdaFunctionStarted
<dispatch 0 2>
[ 3000] > crash 3000
<redeliver 0 2>
[ 3000] > fail 0 2 Busy
10<-9 LambdaFunctionFailed
[102999] > crash 102999
[103000] > advance 103000
11<-10 LambdaFunctionScheduled
12<-11 LambdaFunctionStarted
<dispatch 0 3>
[103000] > succeed 0 3 1
13<-12 LambdaFunctionSucceeded
14<-13 TaskStateExited
15<-14 ExecutionSucceeded
<finish>
= SUCCEEDED 1
