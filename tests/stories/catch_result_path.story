# a catcher's ResultPath says where the error goes in the state's input; null leaves the input as it was
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "InputPath": "$.order", "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Again"}], "End": true},
  "Again": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "Once more"}], "End": true},
  "Once more": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}], "End": true},
  "Done": {"Type": "Pass", "End": true}}}
--- input
{"order": {"id": 7}}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > fail 0 1 First the first cause
5<-4 LambdaFunctionFailed
6<-5 TaskStateExited
7<-6 TaskStateEntered
8<-7 LambdaFunctionScheduled
9<-8 LambdaFunctionStarted
<dispatch 0 2>
[    0] > crash
<redeliver 0 2>
[    0] > fail 0 2 Second
10<-9 LambdaFunctionFailed
11<-10 TaskStateExited
12<-11 TaskStateEntered
13<-12 LambdaFunctionScheduled
14<-13 LambdaFunctionStarted
<dispatch 0 3>
[    0] > fail 0 3 Third
15<-14 LambdaFunctionFailed
16<-15 TaskStateExited
17<-16 PassStateEntered
18<-17 PassStateExited
19<-18 ExecutionSucceeded
<finish>
= SUCCEEDED {"Error":"Third","Cause":""}
