# the results of branches that together are too large fail the Parallel, which can catch that by its name
--- definition
{"StartAt": "Both", "States": {
  "Both": {"Type": "Parallel", "Branches": [
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}],
    "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Done"}], "End": true},
  "Done": {"Type": "Pass", "End": true}}}
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
[    0] > succeed 1 1 "a"*140000
10<-7 LambdaFunctionSucceeded
11<-10 TaskStateExited
[    0] > crash
<redeliver 2 1>
[    0] > succeed 2 1 "b"*140000
12<-9 LambdaFunctionSucceeded
13<-12 TaskStateExited
14<-13 ParallelStateFailed
15<-14 ParallelStateExited
16<-15 PassStateEntered
17<-16 PassStateExited
18<-17 ExecutionSucceeded
<finish>
= SUCCEEDED {"Error":"States.DataLimitExceeded","Cause":"The state/task 'Both' returned a result with a size exceeding the maximum number of bytes service limit."}
