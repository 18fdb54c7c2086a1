# TimeoutSecondsPath (recorded: timeouts/fixed_timeout_service_lambda_with_path), over a crash
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSecondsPath": "$.n", "End": true}}}
--- input
{"n": 7}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[ 6999] > crash 6999
<redeliver 0 1>
[ 7000] > advance 7000
5<-4 LambdaFunctionTimedOut
6<-5 ExecutionFailed
<cancel 0 1>
<finish>
= FAILED States.Timeout
