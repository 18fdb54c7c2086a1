# a result beyond 256 KiB fails its task with States.DataLimitExceeded, which its name catches, and States.ALL, too
# (recorded: error_handling/states_errors.task_lambda_catch_state_all_data_limit_exceeded_on_large_utf8_resp)
--- definition
{"StartAt": "Fits", "States": {
  "Fits": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "ResultPath": null, "Next": "Call"},
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [{"ErrorEquals": ["Busy"]}], "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "ResultPath": null, "Next": "Again"}], "End": true},
  "Again": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}], "End": true},
  "Done": {"Type": "Pass", "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > succeed 0 1 "x"*262142
5<-4 LambdaFunctionSucceeded
6<-5 TaskStateExited
7<-6 TaskStateEntered
8<-7 LambdaFunctionScheduled
9<-8 LambdaFunctionStarted
<dispatch 0 2>
[    0] > crash
<redeliver 0 2>
[    0] > succeed 0 2 "x"*262143
10<-9 LambdaFunctionFailed
11<-10 TaskStateExited
12<-11 TaskStateEntered
13<-12 LambdaFunctionScheduled
14<-13 LambdaFunctionStarted
<dispatch 0 3>
[    0] > succeed 0 3 "x"*262143
15<-14 LambdaFunctionFailed
16<-15 TaskStateExited
17<-16 PassStateEntered
18<-17 PassStateExited
19<-18 ExecutionSucceeded
<finish>
= SUCCEEDED {"Error":"States.DataLimitExceeded","Cause":"The state/task 'arn:aws:lambda:us-east-1:123456789012:function:f' returned a result with a size exceeding the maximum number of bytes service limit."}
