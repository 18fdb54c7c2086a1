# Task in JSONPath: Parameters, ResultSelector, ResultPath, OutputPath, the context object; Assign sees what the
# ResultSelector made
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "InputPath": "$.order", "Parameters": {"id.$": "$.id", "state.$": "$$.State.Name"},
    "ResultSelector": {"paid.$": "$.receipt"}, "ResultPath": "$.payment", "OutputPath": "$", "Assign": {"receipt.$": "$.paid"}, "Next": "Show"},
  "Show": {"Type": "Pass", "Parameters": {"order.$": "$", "receipt.$": "$receipt"}, "End": true}}}
--- input
{"order": {"id": 7}}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > crash
<redeliver 0 1>
[    0] > succeed 0 1 {"receipt": "r-7", "more": [1, 2]}
5<-4 LambdaFunctionSucceeded
6<-5 TaskStateExited
7<-6 PassStateEntered
8<-7 PassStateExited
9<-8 ExecutionSucceeded
<finish>
= SUCCEEDED {"order":{"order":{"id":7},"payment":{"paid":"r-7"}},"receipt":"r-7"}
