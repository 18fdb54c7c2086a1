# what a state in a branch catches, the Parallel around it does not see; what it does not name goes up, and the catcher of
# the Parallel takes it, in the outer scope of variables
--- definition
{"StartAt": "Around", "States": {
  "Around": {"Type": "Parallel", "Branches": [
    {"StartAt": "Call", "States": {
      "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Catch": [{"ErrorEquals": ["Small"], "Next": "Then"}], "End": true},
      "Then": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Catch": [{"ErrorEquals": ["Small"], "Next": "Call"}], "End": true}}},
    {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 100, "End": true}}}],
    "Catch": [{"ErrorEquals": ["Large"], "Assign": {"why.$": "$.Error"}, "ResultPath": "$.error", "Next": "Show"}], "End": true},
  "Show": {"Type": "Pass", "Parameters": {"input.$": "$", "why.$": "$why"}, "End": true}}}
--- input
{"id": 7}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ParallelStateEntered
3<-2 ParallelStateStarted
4<-3 TaskStateEntered
5<-3 WaitStateEntered
6<-4 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 1 1>
[    0] > fail 1 1 Small
8<-7 LambdaFunctionFailed
9<-8 TaskStateExited
10<-9 TaskStateEntered
11<-10 LambdaFunctionScheduled
12<-11 LambdaFunctionStarted
<dispatch 1 2>
[    0] > crash
<redeliver 1 2>
[    0] > fail 1 2 Large indeed
13<-12 LambdaFunctionFailed
14<-13 TaskStateAborted
15<-13 WaitStateAborted
16<-13 ParallelStateFailed
17<-16 ParallelStateExited
18<-17 PassStateEntered
19<-18 PassStateExited
20<-19 ExecutionSucceeded
<finish>
[200000] > crash 200000
= SUCCEEDED {"input":{"id":7,"error":{"Error":"Large","Cause":"indeed"}},"why":"Large"}
