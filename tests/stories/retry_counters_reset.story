# the counts begin anew when the state is entered again
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "ResultPath": "$.n", "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1}], "Next": "Once"},
  "Once": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 2, "Next": "Call"}], "Default": "Done"},
  "Done": {"Type": "Succeed"}}}
--- input
{"n": 0}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > fail 0 1 Busy
5<-4 LambdaFunctionFailed
[ 1000] > advance 1000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 1000] > succeed 0 2 1
8<-7 LambdaFunctionSucceeded
9<-8 TaskStateExited
10<-9 ChoiceStateEntered
11<-10 ChoiceStateExited
12<-11 TaskStateEntered
13<-12 LambdaFunctionScheduled
14<-13 LambdaFunctionStarted
<dispatch 0 3>
[ 1000] > fail 0 3 Busy
15<-14 LambdaFunctionFailed
[ 1000] > crash
[ 2000] > advance 2000
16<-15 LambdaFunctionScheduled
17<-16 LambdaFunctionStarted
<dispatch 0 4>
[ 2000] > succeed 0 4 2
18<-17 LambdaFunctionSucceeded
19<-18 TaskStateExited
20<-19 ChoiceStateEntered
21<-20 ChoiceStateExited
22<-21 SucceedStateEntered
23<-22 SucceedStateExited
24<-23 ExecutionSucceeded
<finish>
= SUCCEEDED {"n":2}
