# a redrive of a Map: iterations that had succeeded are kept, the others begin where they stood, some at a time
--- definition
{"StartAt": "Each", "States": {
  "Each": {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": {"StartAt": "First", "States": {
    "First": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Next": "Second"}, "Second": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}, "End": true}}}
--- input
["a", "b", "c"]
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
[    0] > succeed 1 1 1
12<-9 LambdaFunctionSucceeded
13<-12 TaskStateExited
14<-13 TaskStateEntered
15<-14 LambdaFunctionScheduled
16<-15 LambdaFunctionStarted
<dispatch 1 2>
[    0] > succeed 1 2 "a"
17<-16 LambdaFunctionSucceeded
18<-17 TaskStateExited
19<-18 MapIterationSucceeded
20<-18 MapIterationStarted
21<-20 TaskStateEntered
22<-21 LambdaFunctionScheduled
23<-22 LambdaFunctionStarted
<dispatch 3 1>
[    0] > succeed 2 1 2
24<-11 LambdaFunctionSucceeded
25<-24 TaskStateExited
26<-25 TaskStateEntered
27<-26 LambdaFunctionScheduled
28<-27 LambdaFunctionStarted
<dispatch 2 2>
[    0] > fail 3 1 Broken
29<-23 LambdaFunctionFailed
30<-29 TaskStateAborted
31<-29 MapIterationAborted
32<-29 TaskStateAborted
33<-29 MapIterationFailed
34<-29 MapStateFailed
35<-34 ExecutionFailed
<cancel 2 2>
<finish>
[ 1000] > crash 1000
[ 1000] > redrive
36<-35 ExecutionRedriven
37<-28 LambdaFunctionScheduled
38<-37 LambdaFunctionStarted
39<-29 LambdaFunctionScheduled
40<-39 LambdaFunctionStarted
<dispatch 2 3>
<dispatch 3 2>
[ 1000] > crash
<redeliver 2 3>
<redeliver 3 2>
[ 1000] > succeed 2 3 "b"
41<-38 LambdaFunctionSucceeded
42<-41 TaskStateExited
43<-42 MapIterationSucceeded
[ 1000] > succeed 3 2 3
44<-40 LambdaFunctionSucceeded
45<-44 TaskStateExited
46<-45 TaskStateEntered
47<-46 LambdaFunctionScheduled
48<-47 LambdaFunctionStarted
<dispatch 3 3>
[ 1000] > crash
<redeliver 3 3>
[ 1000] > succeed 3 3 "c"
49<-48 LambdaFunctionSucceeded
50<-49 TaskStateExited
51<-50 MapIterationSucceeded
52<-51 MapStateSucceeded
53<-51 MapStateExited
54<-53 ExecutionSucceeded
<finish>
= SUCCEEDED ["a","b","c"]
