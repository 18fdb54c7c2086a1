# States.ALL of a catcher stands alone and last, and takes what the others do not name
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Catch": [{"ErrorEquals": ["Other"], "Next": "Wrong"}, {"ErrorEquals": ["States.ALL"], "Next": "Right"}], "End": true},
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
[    0] > crash
<redeliver 0 1>
[    0] > fail 0 1 Unheard of
5<-4 LambdaFunctionFailed
6<-5 TaskStateExited
7<-6 PassStateEntered
8<-7 PassStateExited
9<-8 ExecutionSucceeded
<finish>
= SUCCEEDED {"Error":"Unheard","Cause":"of"}
