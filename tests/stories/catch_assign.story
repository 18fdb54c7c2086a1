# a catcher's Assign sees the error as $ and the variables of before; those of the state itself are not assigned
--- definition
{"StartAt": "Count", "States": {
  "Count": {"Type": "Pass", "Assign": {"n": 1}, "Next": "Call"},
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Assign": {"n": 100}, "Catch": [
    {"ErrorEquals": ["States.ALL"], "Assign": {"why.$": "$.Error", "n.$": "States.MathAdd($n, 1)"}, "Next": "Show"}], "End": true},
  "Show": {"Type": "Pass", "Parameters": {"why.$": "$why", "n.$": "$n"}, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 PassStateEntered
3<-2 PassStateExited
4<-3 TaskStateEntered
5<-4 LambdaFunctionScheduled
6<-5 LambdaFunctionStarted
<dispatch 0 1>
[    0] > crash
<redeliver 0 1>
[    0] > fail 0 1 Broken it is
7<-6 LambdaFunctionFailed
8<-7 TaskStateExited
9<-8 PassStateEntered
10<-9 PassStateExited
11<-10 ExecutionSucceeded
<finish>
= SUCCEEDED {"why":"Broken","n":2}
