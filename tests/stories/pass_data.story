# Pass in JSONPath: InputPath, Parameters, ResultPath, OutputPath; a Result in place of the input; variables;
# what is discarded by a null path
--- definition
{"StartAt": "Pick", "States": {
  "Pick": {"Type": "Pass", "InputPath": "$.order", "Parameters": {"id.$": "$.id", "at.$": "$$.State.Name"}, "ResultPath": "$.picked",
    "OutputPath": "$", "Assign": {"id.$": "$.id"}, "Next": "Fixed"},
  "Fixed": {"Type": "Pass", "Result": {"literal.$": "$.not_a_path"}, "ResultPath": "$.fixed", "Next": "Nothing"},
  "Nothing": {"Type": "Pass", "Result": 1, "ResultPath": null, "Next": "Last"},
  "Last": {"Type": "Pass", "Parameters": {"all.$": "$", "variable.$": "$id"}, "End": true}}}
--- input
{"order": {"id": 7}, "other": true}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 PassStateEntered
3<-2 PassStateExited
4<-3 PassStateEntered
5<-4 PassStateExited
6<-5 PassStateEntered
7<-6 PassStateExited
8<-7 PassStateEntered
9<-8 PassStateExited
10<-9 ExecutionSucceeded
<finish>
= SUCCEEDED {"all":{"order":{"id":7},"other":true,"picked":{"id":7,"at":"Pick"},"fixed":{"literal.$":"$.not_a_path"}},"variable":7}
