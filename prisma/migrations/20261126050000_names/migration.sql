-- Members name themselves: what an identity provider or an invite said first is not always what people are called.
GRANT UPDATE (name) ON member TO tidegate_app;
