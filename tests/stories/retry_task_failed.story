# States.TaskFailed names every failure of a task but States.Timeout
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 10,
  "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 9}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > fail 0 1 Anything
5<-4 LambdaFunctionFailed
[ 1000] > advance 1000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 1000] > crash
<redeliver 0 2>
[ 1000] > fail 0 2 Else
8<-7 LambdaFunctionFailed
[ 3000] > advance 3000
9<-8 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 0 3>
[13000] > advance 13000
11<-10 LambdaFunctionTimedOut
12<-11 ExecutionFailed
<cancel 0 3>
<finish>
= FAILED States.Timeout
