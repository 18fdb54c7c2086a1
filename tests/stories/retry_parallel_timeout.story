# a time-out in a branch goes up under its name: the Parallel around it retries on it, and the branch that waits for its
# token has a new one
--- definition
{"StartAt": "Both", "States": {
  "Both": {"Type": "Parallel", "Branches": [
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 10, "End": true}}},
    {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"Token.$": "$$.Task.Token"}, "End": true}}}],
    "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}], "End": true}}}
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
8<-5 TaskScheduled
9<-8 TaskStarted
<dispatch 1 1>
<dispatch 2 1>
[    0] > submitted 2 1 {}
10<-9 TaskSubmitted
[10000] > crash 10000
11<-7 LambdaFunctionTimedOut
12<-10 TaskStateAborted
[11000] > crash 11000
13<-11 ParallelStateStarted
14<-13 TaskStateEntered
15<-13 TaskStateEntered
16<-14 LambdaFunctionScheduled
17<-16 LambdaFunctionStarted
18<-15 TaskScheduled
19<-18 TaskStarted
<dispatch 3 1>
<dispatch 4 1>
[11000] > submitted 4 1 {}
20<-19 TaskSubmitted
[11000] > succeed 2 1 "too late"
! the task the token belongs to is over
[11000] > crash
<redeliver 3 1>
[11000] > succeed 4 1 "b"
21<-20 TaskSucceeded
22<-21 TaskStateExited
[11000] > succeed 3 1 "a"
23<-17 LambdaFunctionSucceeded
24<-23 TaskStateExited
25<-24 ParallelStateSucceeded
26<-24 ParallelStateExited
27<-26 ExecutionSucceeded
<finish>
= SUCCEEDED ["a","b"]
