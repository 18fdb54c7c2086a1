# catchers are asked in their order, after the retriers: the first that names the error is taken
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1}], "Catch": [
    {"ErrorEquals": ["Other"], "Next": "Wrong"}, {"ErrorEquals": ["Slow", "Busy"], "Next": "Right"}, {"ErrorEquals": ["States.ALL"], "Next": "Wrong"}], "End": true},
  "Right": {"Type": "Pass", "Parameters": {"at.$": "$$.State.Name", "caught.$": "$"}, "End": true},
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
[    0] > fail 0 1 Busy once
5<-4 LambdaFunctionFailed
[ 1000] > crash 1000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 1000] > fail 0 2 Busy twice
8<-7 LambdaFunctionFailed
9<-8 TaskStateExited
10<-9 PassStateEntered
11<-10 PassStateExited
12<-11 ExecutionSucceeded
<finish>
= SUCCEEDED {"at":"Right","caught":{"Error":"Busy","Cause":"twice"}}
