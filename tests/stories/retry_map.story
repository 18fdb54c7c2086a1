# a Map is retried whole, with all its iterations (recorded: scenarios/map_state_retry)
--- definition
{"StartAt": "Each", "States": {
  "Each": {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 5, "MaxAttempts": 1}], "End": true}}}
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
[    0] > succeed 1 1 "A"
12<-9 LambdaFunctionSucceeded
13<-12 TaskStateExited
14<-13 MapIterationSucceeded
15<-13 MapIterationStarted
16<-15 TaskStateEntered
17<-16 LambdaFunctionScheduled
18<-17 LambdaFunctionStarted
<dispatch 3 1>
[    0] > fail 3 1 Busy
19<-18 LambdaFunctionFailed
20<-19 TaskStateAborted
21<-19 MapIterationAborted
22<-19 TaskStateAborted
23<-19 MapIterationFailed
<cancel 2 1>
[ 4999] > crash 4999
[ 5000] > advance 5000
24<-19 MapStateStarted
25<-24 MapIterationStarted
26<-24 MapIterationStarted
27<-25 TaskStateEntered
28<-26 TaskStateEntered
29<-27 LambdaFunctionScheduled
30<-29 LambdaFunctionStarted
31<-28 LambdaFunctionScheduled
32<-31 LambdaFunctionStarted
<dispatch 4 1>
<dispatch 5 1>
[ 5000] > succeed 4 1 "A2"
33<-30 LambdaFunctionSucceeded
34<-33 TaskStateExited
35<-34 MapIterationSucceeded
36<-34 MapIterationStarted
37<-36 TaskStateEntered
38<-37 LambdaFunctionScheduled
39<-38 LambdaFunctionStarted
<dispatch 6 1>
[ 5000] > succeed 5 1 "B2"
40<-32 LambdaFunctionSucceeded
41<-40 TaskStateExited
42<-41 MapIterationSucceeded
[ 5000] > crash
<redeliver 6 1>
[ 5000] > fail 6 1 Busy
43<-39 LambdaFunctionFailed
44<-43 TaskStateAborted
45<-43 MapIterationFailed
46<-43 MapStateFailed
47<-46 ExecutionFailed
<finish>
= FAILED Busy
