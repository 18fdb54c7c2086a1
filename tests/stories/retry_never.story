# MaxAttempts 0: an error that is named so is not retried, although a later retrier takes every error
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [{"ErrorEquals": ["Fatal"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}], "End": true},
  "Sorry": {"Type": "Pass", "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > fail 0 1 Fatal for good
5<-4 LambdaFunctionFailed
6<-5 TaskStateExited
7<-6 PassStateEntered
8<-7 PassStateExited
9<-8 ExecutionSucceeded
<finish>
= SUCCEEDED {"Error":"Fatal","Cause":"for good"}
