# States.HeartbeatTimeout names a missed heartbeat, and not a task that took too long
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 30, "HeartbeatSeconds": 10,
  "Retry": [{"ErrorEquals": ["States.HeartbeatTimeout"]}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[10000] > advance 10000
5<-4 LambdaFunctionTimedOut
<cancel 0 1>
[11000] > advance 11000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[20000] > advance 20000
[20000] > heartbeat 0 2
[29000] > crash 29000
<redeliver 0 2>
[29000] > heartbeat 0 2
[38999] > advance 38999
[38999] > heartbeat 0 2
[41000] > advance 41000
8<-7 LambdaFunctionTimedOut
9<-8 ExecutionFailed
<cancel 0 2>
<finish>
= FAILED States.Timeout
