# RedriveExecution: what had succeeded is kept, what failed begins again, with fresh counts; over crashes before and after
--- definition
{"StartAt": "Both", "States": {
  "Both": {"Type": "Parallel", "Branches": [
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1}], "End": true}}}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ParallelStateEntered
3<-2 ParallelStateStarted
4<-3 TaskStateEntered
5<-3 TaskStateEntered
6<-4 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
8<-5 LambdaFunctionScheduled
9<-8 LambdaFunctionStarted
<dispatch 1 1>
<dispatch 2 1>
[    0] > succeed 1 1 "a"
10<-7 LambdaFunctionSucceeded
11<-10 TaskStateExited
[    0] > fail 2 1 Busy
12<-9 LambdaFunctionFailed
[ 1000] > advance 1000
13<-12 LambdaFunctionScheduled
14<-13 LambdaFunctionStarted
<dispatch 2 2>
[ 1000] > fail 2 2 Busy
15<-14 LambdaFunctionFailed
16<-15 TaskStateAborted
17<-15 ParallelStateFailed
18<-17 ExecutionFailed
<finish>
[ 5000] > crash 5000
[ 5000] > redrive
19<-18 ExecutionRedriven
20<-15 LambdaFunctionScheduled
21<-20 LambdaFunctionStarted
<dispatch 2 3>
[ 5000] > crash
<redeliver 2 3>
[ 5000] > fail 2 3 Busy
22<-21 LambdaFunctionFailed
[ 6000] > advance 6000
23<-22 LambdaFunctionScheduled
24<-23 LambdaFunctionStarted
<dispatch 2 4>
[ 6000] > succeed 2 4 "b"
25<-24 LambdaFunctionSucceeded
26<-25 TaskStateExited
27<-26 ParallelStateSucceeded
28<-26 ParallelStateExited
29<-28 ExecutionSucceeded
<finish>
= SUCCEEDED ["a","b"]
