# a branch that fails ends the other ones: the attempt that is out is cancelled, the wait is over
--- definition
{"StartAt": "Both", "States": {
  "Both": {"Type": "Parallel", "Branches": [
    {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}},
    {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 60, "End": true}}},
    {"StartAt": "Check", "States": {"Check": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Undo"}], "End": true},
  "Undo": {"Type": "Pass", "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ParallelStateEntered
3<-2 ParallelStateStarted
4<-3 TaskStateEntered
5<-3 WaitStateEntered
6<-3 TaskStateEntered
7<-4 LambdaFunctionScheduled
8<-7 LambdaFunctionStarted
9<-6 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 1 1>
<dispatch 3 1>
[    0] > fail 3 1 Broken it is broken
11<-10 LambdaFunctionFailed
12<-11 TaskStateAborted
13<-11 TaskStateAborted
14<-11 WaitStateAborted
15<-11 ParallelStateFailed
16<-15 ParallelStateExited
17<-16 PassStateEntered
18<-17 PassStateExited
19<-18 ExecutionSucceeded
<cancel 1 1>
<finish>
[60000] > advance 60000
= SUCCEEDED {"Error":"Broken","Cause":"it is broken"}
