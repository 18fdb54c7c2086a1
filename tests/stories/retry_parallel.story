# a Parallel is retried whole: branches that had succeeded run again, what was in flight is ended
# (recorded: scenarios/parallel_state_retry)
--- definition
{"StartAt": "Both", "States": {
  "Both": {"Type": "Parallel", "Branches": [
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    {"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}],
    "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 5, "MaxAttempts": 1}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ParallelStateEntered
3<-2 ParallelStateStarted
4<-3 TaskStateEntered
5<-3 TaskStateEntered
6<-3 TaskStateEntered
7<-4 LambdaFunctionScheduled
8<-7 LambdaFunctionStarted
9<-5 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
11<-6 LambdaFunctionScheduled
12<-11 LambdaFunctionStarted
<dispatch 1 1>
<dispatch 2 1>
<dispatch 3 1>
[    0] > succeed 1 1 "a"
13<-8 LambdaFunctionSucceeded
14<-13 TaskStateExited
[    0] > fail 2 1 Busy
15<-10 LambdaFunctionFailed
16<-12 TaskStateAborted
<cancel 3 1>
[    0] > succeed 3 1 "too late"
! the task the token belongs to is over
[ 4999] > crash 4999
[ 5000] > advance 5000
17<-15 ParallelStateStarted
18<-17 TaskStateEntered
19<-17 TaskStateEntered
20<-17 TaskStateEntered
21<-18 LambdaFunctionScheduled
22<-21 LambdaFunctionStarted
23<-19 LambdaFunctionScheduled
24<-23 LambdaFunctionStarted
25<-20 LambdaFunctionScheduled
26<-25 LambdaFunctionStarted
<dispatch 4 1>
<dispatch 5 1>
<dispatch 6 1>
[ 5000] > crash
<redeliver 4 1>
<redeliver 5 1>
<redeliver 6 1>
[ 5000] > succeed 6 1 "c2"
27<-26 LambdaFunctionSucceeded
28<-27 TaskStateExited
[ 5000] > succeed 4 1 "a2"
29<-22 LambdaFunctionSucceeded
30<-29 TaskStateExited
[ 5000] > crash
<redeliver 5 1>
[ 5000] > succeed 5 1 "b2"
31<-24 LambdaFunctionSucceeded
32<-31 TaskStateExited
33<-32 ParallelStateSucceeded
34<-32 ParallelStateExited
35<-34 ExecutionSucceeded
<finish>
= SUCCEEDED ["a2","b2","c2"]
