# Task in JSONata: Arguments, Output and Assign see the same values; Output takes the result's place
--- definition
{"QueryLanguage": "JSONata", "StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Arguments": {"id": "{% $states.input.id %}", "retry": "{% $states.context.State.RetryCount %}"},
    "Assign": {"receipt": "{% $states.result.receipt %}"}, "Output": {"id": "{% $states.input.id %}", "got": "{% $states.result.receipt %}"}, "Next": "Show"},
  "Show": {"Type": "Succeed", "Output": "{% $merge([$states.input, {'variable': $receipt}]) %}"}}}
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
[    0] > succeed 0 1 {"receipt": "r-7"}
5<-4 LambdaFunctionSucceeded
6<-5 TaskStateExited
7<-6 SucceedStateEntered
8<-7 SucceedStateExited
9<-8 ExecutionSucceeded
<finish>
= SUCCEEDED {"id":7,"got":"r-7","variable":"r-7"}
