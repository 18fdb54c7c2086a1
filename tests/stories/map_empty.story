# a Map over nothing has no iterations and gives [] (recorded: scenarios/map_state_items_input_array_empty)
--- definition
{"StartAt": "Each", "States": {
  "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}, "End": true}}}
--- input
[]
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 MapStateEntered
3<-2 MapStateStarted
4<-3 MapStateSucceeded
5<-3 MapStateExited
6<-5 ExecutionSucceeded
<finish>
= SUCCEEDED []
