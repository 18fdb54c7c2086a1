# States.Runtime - here a path that leads nowhere - is neither retried nor caught, whatever is named
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Parameters": {"id.$": "$.no.such"}, "Retry": [{"ErrorEquals": ["States.Runtime"]}, {"ErrorEquals": ["States.ALL"]}],
    "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "Caught"}, {"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "End": true},
  "Caught": {"Type": "Pass", "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 ExecutionFailed
<finish>
= FAILED States.Runtime: An error occurred while executing the state 'Call' (entered at the event id #2). The JSONPath '$.no.such' specified for the field 'id.$' could not be found in the input '{}'
