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
12<-11 TaskStateAborted
13<-11 TaskStateAborted
[11000] > crash 11000
14<-11 ParallelStateStarted
15<-14 TaskStateEntered
16<-14 TaskStateEntered
17<-15 LambdaFunctionScheduled
18<-17 LambdaFunctionStarted
19<-16 TaskScheduled
20<-19 TaskStarted
<dispatch 3 1>
<dispatch 4 1>
[11000] > submitted 4 1 {}
21<-20 TaskSubmitted
[11000] > succeed 2 1 "too late"
! the task the token belongs to is over
[11000] > crash
<redeliver 3 1>
[11000] > succeed 4 1 "b"
22<-21 TaskSucceeded
23<-22 TaskStateExited
[11000] > succeed 3 1 "a"
24<-18 LambdaFunctionSucceeded
25<-24 TaskStateExited
26<-25 ParallelStateSucceeded
27<-25 ParallelStateExited
28<-27 ExecutionSucceeded
<finish>
= SUCCEEDED ["a","b"]
