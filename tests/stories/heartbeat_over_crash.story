# HeartbeatSeconds counts from the last heartbeat, which a crash does not forget; while nobody could receive one, the
# clock goes on
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "HeartbeatSeconds": 10, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[ 9000] > advance 9000
[ 9000] > heartbeat 0 1
[18000] > crash 18000
<redeliver 0 1>
[18000] > heartbeat 0 1
[27999] > advance 27999
[27999] > crash 27999
<redeliver 0 1>
[28000] > advance 28000
5<-4 LambdaFunctionTimedOut
6<-5 ExecutionFailed
<cancel 0 1>
<finish>
= FAILED States.Timeout
