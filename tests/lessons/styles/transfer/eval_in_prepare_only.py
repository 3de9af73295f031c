"""Loops over parameters, eval in prepare alone, SGD with momentum, zeroes after the step."""

from torch import nn, optim


def prepare_for_feature_extraction(model, n_classes):
    for param in model.parameters():
        param.requires_grad = False
    num_ftrs = model.fc.in_features
    head = nn.Linear(num_ftrs, n_classes)
    nn.init.xavier_uniform_(head.weight)
    nn.init.zeros_(head.bias)
    model.fc = head
    for module in model.modules():
        module.training = False
    return model


def head_optimizer(model, lr):
    return optim.SGD(
        filter(lambda p: p.requires_grad, model.parameters()), lr=lr, momentum=0.9, nesterov=True
    )


def train_head(model, batches, optimizer):
    criterion = nn.CrossEntropyLoss()
    loss_list = []
    for imgs, labels in batches:
        outputs = model(imgs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        loss_list.append(float(loss))
    print(f"mean loss {sum(loss_list) / len(loss_list):.3f}")
    return loss_list
