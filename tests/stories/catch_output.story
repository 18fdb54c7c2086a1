# in JSONata a catcher's Output and Assign see $states.errorOutput and $states.input; without Output the error goes on
# (recorded: states_variables/error_output.task_catch_error_output_task_catch_error_output)
--- definition
{"QueryLanguage": "JSONata", "StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Catch": [{"ErrorEquals": ["Broken"], "Assign": {"why": "{% $states.errorOutput.Cause %}"},
    "Output": {"id": "{% $states.input.id %}", "error": "{% $states.errorOutput.Error %}"}, "Next": "Again"}], "End": true},
  "Again": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Arguments": "{% $why %}", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}], "End": true},
  "Done": {"Type": "Succeed"}}}
--- input
{"id": 7}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > crash
<redeliver 0 1>
[    0] > fail 0 1 Broken it is
5<-4 LambdaFunctionFailed
6<-5 TaskStateExited
7<-6 TaskStateEntered
8<-7 LambdaFunctionScheduled
9<-8 LambdaFunctionStarted
<dispatch 0 2>
[    0] > crash
<redeliver 0 2>
[    0] > fail 0 2 Worse and worse
10<-9 LambdaFunctionFailed
11<-10 TaskStateExited
12<-11 SucceedStateEntered
13<-12 SucceedStateExited
14<-13 ExecutionSucceeded
<finish>
= SUCCEEDED {"Error":"Worse","Cause":"and worse"}
