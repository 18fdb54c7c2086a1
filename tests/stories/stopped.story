# StopExecution: one event that follows nothing, and the attempt that is out is cancelled
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > stop Enough of that
5<-0 ExecutionAborted
<cancel 0 1>
<finish>
[    0] > stop
! the task the token belongs to is over
= ABORTED Enough: of that
