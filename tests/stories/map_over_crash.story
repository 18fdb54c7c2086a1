# Map: two iterations at a time; one that is done is not run again after a crash, one in flight is asked for again under
# its token, one that had no turn yet begins in its own
--- definition
{"StartAt": "Each", "States": {
  "Each": {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"item.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index"}, "MaxConcurrency": 2,
    "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    "ResultPath": "$.results", "End": true}}}
--- input
{"items": ["a", "b", "c"]}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 MapStateEntered
3<-2 MapStateStarted
4<-3 MapIterationStarted
5<-3 MapIterationStarted
6<-4 TaskStateEntered
7<-5 TaskStateEntered
8<-6 LambdaFunctionScheduled
9<-8 LambdaFunctionStarted
10<-7 LambdaFunctionScheduled
11<-10 LambdaFunctionStarted
<dispatch 1 1>
<dispatch 2 1>
[    0] > succeed 1 1 "A"
12<-9 LambdaFunctionSucceeded
13<-12 TaskStateExited
14<-13 MapIterationSucceeded
15<-13 MapIterationStarted
16<-15 TaskStateEntered
17<-16 LambdaFunctionScheduled
18<-17 LambdaFunctionStarted
<dispatch 3 1>
[    0] > crash
<redeliver 2 1>
<redeliver 3 1>
[    0] > succeed 2 1 "B"
19<-11 LambdaFunctionSucceeded
20<-19 TaskStateExited
21<-20 MapIterationSucceeded
[    0] > crash
<redeliver 3 1>
[    0] > succeed 3 1 "C"
22<-18 LambdaFunctionSucceeded
23<-22 TaskStateExited
24<-23 MapIterationSucceeded
25<-24 MapStateSucceeded
26<-24 MapStateExited
27<-26 ExecutionSucceeded
<finish>
= SUCCEEDED {"items":["a","b","c"],"results":["A","B","C"]}
