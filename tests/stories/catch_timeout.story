# States.Timeout and States.TaskFailed in catchers: the second does not take a time-out
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 10, "Catch": [
    {"ErrorEquals": ["States.TaskFailed"], "Next": "Wrong"}, {"ErrorEquals": ["States.Timeout"], "Next": "Right"}], "End": true},
  "Right": {"Type": "Pass", "End": true},
  "Wrong": {"Type": "Fail"}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[ 4000] > crash 4000
<redeliver 0 1>
[10000] > advance 10000
5<-4 LambdaFunctionTimedOut
6<-5 TaskStateExited
7<-6 PassStateEntered
8<-7 PassStateExited
9<-8 ExecutionSucceeded
<cancel 0 1>
<finish>
= SUCCEEDED {"Error":"States.Timeout","Cause":""}
