# values that have records of their own pass through states, variables and branches, over crashes
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "ResultPath": "$.large", "Assign": {"kept.$": "$"}, "Next": "Both"},
  "Both": {"Type": "Parallel", "Branches": [
    {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 1, "Next": "Show"}, "Show": {"Type": "Pass", "Parameters": {"kept.$": "$kept"}, "End": true}}},
    {"StartAt": "Again", "States": {"Again": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "InputPath": "$.large", "End": true}}}], "Next": "Count"},
  "Count": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% [$length($states.input[0].kept), $length($states.input[1]), $length($kept)] %}", "End": true}}}
--- input
{"id": 7}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > succeed 0 1 "x"*3000
5<-4 LambdaFunctionSucceeded
6<-5 TaskStateExited
7<-6 ParallelStateEntered
8<-7 ParallelStateStarted
9<-8 WaitStateEntered
10<-8 TaskStateEntered
11<-10 LambdaFunctionScheduled
12<-11 LambdaFunctionStarted
<dispatch 2 1>
[    0] > crash
<redeliver 2 1>
[ 1000] > crash 1000
13<-9 WaitStateExited
14<-13 PassStateEntered
15<-14 PassStateExited
<redeliver 2 1>
[ 1000] > restart
<redeliver 2 1>
[ 1000] > succeed 2 1 "y"*4000
16<-12 LambdaFunctionSucceeded
17<-16 TaskStateExited
18<-17 ParallelStateSucceeded
19<-17 ParallelStateExited
20<-19 PassStateEntered
21<-20 PassStateExited
22<-21 ExecutionSucceeded
<finish>
= SUCCEEDED [3000,4000,3000]
