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
16<-15 TaskStateAborted
17<-15 TaskStateAborted
<cancel 3 1>
[    0] > succeed 3 1 "too late"
! the task the token belongs to is over
[ 4999] > crash 4999
[ 5000] > advance 5000
18<-15 ParallelStateStarted
19<-18 TaskStateEntered
20<-18 TaskStateEntered
21<-18 TaskStateEntered
22<-19 LambdaFunctionScheduled
23<-22 LambdaFunctionStarted
24<-20 LambdaFunctionScheduled
25<-24 LambdaFunctionStarted
26<-21 LambdaFunctionScheduled
27<-26 LambdaFunctionStarted
<dispatch 4 1>
<dispatch 5 1>
<dispatch 6 1>
[ 5000] > crash
<redeliver 4 1>
<redeliver 5 1>
<redeliver 6 1>
[ 5000] > succeed 6 1 "c2"
28<-27 LambdaFunctionSucceeded
29<-28 TaskStateExited
[ 5000] > succeed 4 1 "a2"
30<-23 LambdaFunctionSucceeded
31<-30 TaskStateExited
[ 5000] > crash
<redeliver 5 1>
[ 5000] > succeed 5 1 "b2"
32<-25 LambdaFunctionSucceeded
33<-32 TaskStateExited
34<-33 ParallelStateSucceeded
35<-33 ParallelStateExited
36<-35 ExecutionSucceeded
<finish>
= SUCCEEDED ["a2","b2","c2"]
