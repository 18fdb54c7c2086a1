# a Map in a Parallel in a Map: what waits at the bottom goes on over a crash
--- definition
{"StartAt": "Outer", "States": {
  "Outer": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "Both", "States": {
    "Both": {"Type": "Parallel", "Branches": [
      {"StartAt": "Inner", "States": {"Inner": {"Type": "Map", "ItemProcessor": {"StartAt": "Call", "States": {
        "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}, "End": true}}},
      {"StartAt": "Count", "States": {"Count": {"Type": "Pass", "Parameters": {"n.$": "States.ArrayLength($)"}, "OutputPath": "$.n", "End": true}}}],
      "End": true}}}, "End": true}}}
--- input
[["a", "b"], []]
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 MapStateEntered
3<-2 MapStateStarted
4<-3 MapIterationStarted
5<-4 ParallelStateEntered
6<-5 ParallelStateStarted
7<-6 MapStateEntered
8<-6 PassStateEntered
9<-7 MapStateStarted
10<-9 MapIterationStarted
11<-9 MapIterationStarted
12<-8 PassStateExited
13<-10 TaskStateEntered
14<-11 TaskStateEntered
15<-13 LambdaFunctionScheduled
16<-15 LambdaFunctionStarted
17<-14 LambdaFunctionScheduled
18<-17 LambdaFunctionStarted
<dispatch 4 1>
<dispatch 5 1>
[    0] > crash
<redeliver 4 1>
<redeliver 5 1>
[    0] > succeed 4 1 "A"
19<-16 LambdaFunctionSucceeded
20<-19 TaskStateExited
21<-20 MapIterationSucceeded
[    0] > crash
<redeliver 5 1>
[    0] > succeed 5 1 "B"
22<-18 LambdaFunctionSucceeded
23<-22 TaskStateExited
24<-23 MapIterationSucceeded
25<-24 MapStateSucceeded
26<-24 MapStateExited
27<-26 ParallelStateSucceeded
28<-26 ParallelStateExited
29<-28 MapIterationSucceeded
30<-28 MapIterationStarted
31<-30 ParallelStateEntered
32<-31 ParallelStateStarted
33<-32 MapStateEntered
34<-32 PassStateEntered
35<-33 MapStateStarted
36<-34 PassStateExited
37<-35 MapStateSucceeded
38<-35 MapStateExited
39<-38 ParallelStateSucceeded
40<-38 ParallelStateExited
41<-40 MapIterationSucceeded
42<-41 MapStateSucceeded
43<-41 MapStateExited
44<-43 ExecutionSucceeded
<finish>
[    0] > crash
= SUCCEEDED [[["A","B"],2],[[],0]]
