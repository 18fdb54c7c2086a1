# Choice in JSONPath: the first rule that holds is taken, And, Or, Not, a comparison with a path; else the Default,
# whose Assign is the state's own
--- definition
{"StartAt": "Which", "States": {
  "Which": {"Type": "Choice", "Assign": {"by": "default"}, "Choices": [
    {"And": [{"Variable": "$.n", "NumericGreaterThan": 10}, {"Not": {"Variable": "$.n", "NumericEquals": 11}}], "Next": "Large"},
    {"Or": [{"Variable": "$.name", "StringMatches": "a*z"}, {"Variable": "$.n", "NumericLessThanPath": "$.least"}], "Assign": {"by": "or"}, "Next": "Again"}],
    "Default": "End"},
  "Large": {"Type": "Pass", "Parameters": {"n": 1, "name": "abcz", "least": 0}, "Next": "Which"},
  "Again": {"Type": "Pass", "Parameters": {"n": 5, "name": "no", "least": 5, "by.$": "$by"}, "ResultPath": "$", "Next": "Which"},
  "End": {"Type": "Pass", "Parameters": {"before.$": "$.by", "by.$": "$by"}, "End": true}}}
--- input
{"n": 12, "name": "-", "least": 0}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ChoiceStateEntered
3<-2 ChoiceStateExited
4<-3 PassStateEntered
5<-4 PassStateExited
6<-5 ChoiceStateEntered
7<-6 ChoiceStateExited
8<-7 PassStateEntered
9<-8 PassStateExited
10<-9 ChoiceStateEntered
11<-10 ChoiceStateExited
12<-11 PassStateEntered
13<-12 PassStateExited
14<-13 ExecutionSucceeded
<finish>
= SUCCEEDED {"before":"or","by":"default"}
