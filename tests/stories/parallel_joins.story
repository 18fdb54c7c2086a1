# Parallel waits for all branches and gives their results in the order of the branches; it goes on over a crash with one
# branch done, one in a Wait and one in a Task, of which only the last is asked for again
--- definition
{"StartAt": "Three", "States": {
  "Three": {"Type": "Parallel", "Parameters": {"n.$": "$.n"}, "Branches": [
    {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 10, "Next": "Up"}, "Up": {"Type": "Pass", "Result": "up", "End": true}}},
    {"StartAt": "Also", "States": {"Also": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}],
    "ResultSelector": {"all.$": "$"}, "ResultPath": "$.three", "End": true}}}
--- input
{"n": 1}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ParallelStateEntered
3<-2 ParallelStateStarted
4<-3 TaskStateEntered
5<-3 WaitStateEntered
6<-3 TaskStateEntered
7<-4 LambdaFunctionScheduled
8<-7 LambdaFunctionStarted
9<-6 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 1 1>
<dispatch 3 1>
[    0] > succeed 3 1 "also"
11<-10 LambdaFunctionSucceeded
12<-11 TaskStateExited
[ 4000] > crash 4000
<redeliver 1 1>
[ 9999] > advance 9999
[ 9999] > crash 9999
<redeliver 1 1>
[10000] > advance 10000
13<-5 WaitStateExited
14<-13 PassStateEntered
15<-14 PassStateExited
[10000] > succeed 1 1 "called"
16<-8 LambdaFunctionSucceeded
17<-16 TaskStateExited
18<-17 ParallelStateSucceeded
19<-17 ParallelStateExited
20<-19 ExecutionSucceeded
<finish>
= SUCCEEDED {"n":1,"three":{"all":["called","up","also"]}}
