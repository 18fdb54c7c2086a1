# States.Timeout names a task that took too long; the next attempt has its own time. The first one is told that nobody
# waits for it, and its answer is refused
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 10,
  "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}], "End": true}}}
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
[11000] > succeed 0 1 "too late"
! the task the token belongs to is over
[20999] > crash 20999
<redeliver 0 2>
[21000] > advance 21000
8<-7 LambdaFunctionTimedOut
9<-8 ExecutionFailed
<cancel 0 2>
<finish>
= FAILED States.Timeout
