# TimeoutSeconds of a task counts from its start, through a crash and the delivery that follows
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 10, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[ 6000] > crash 6000
<redeliver 0 1>
[ 9999] > advance 9999
[10000] > advance 10000
5<-4 LambdaFunctionTimedOut
6<-5 ExecutionFailed
<cancel 0 1>
<finish>
= FAILED States.Timeout
