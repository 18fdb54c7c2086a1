# a task whose time is over when the store is opened has timed out; its answer is refused
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 10,
  "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Nap"}], "End": true},
  "Nap": {"Type": "Wait", "Seconds": 1, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[60000] > crash 60000
5<-4 LambdaFunctionTimedOut
6<-5 TaskStateExited
7<-6 WaitStateEntered
[60000] > succeed 0 1 "too late"
! the task the token belongs to is over
[61000] > advance 61000
8<-7 WaitStateExited
9<-8 ExecutionSucceeded
<finish>
= SUCCEEDED {"Error":"States.Timeout","Cause":""}
